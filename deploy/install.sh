#!/bin/sh
# Installs navsearch into a virtual environment and builds its index: what the Dockerfile runs, and a test.
#
#     deploy/install.sh SOURCE TARGET     # SOURCE: a checkout or a wheel; TARGET: a folder, made if it is not there
set -eu
source=$1
target=$2
constraints=${CONSTRAINTS:-$(dirname "$0")/../constraints.txt}

python3 -m venv "$target/venv"
"$target/venv/bin/pip" install --quiet --no-cache-dir --constraint "$constraints" "$source"
"$target/venv/bin/navsearch" --index "$target/index" build
"$target/venv/bin/navsearch" --index "$target/index" ask "liver lesion segmentation in CT" --no-build >/dev/null
