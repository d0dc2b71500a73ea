"""The commands: a module each, imported when its command is run. Each defines a function of its own name."""

# What `navsearch --help` says of each, in the order to show them.
COMMANDS = {
    "ask": "Answer a question: data, losses and baselines that fit.",
    "plan": "Print a recipe to start from, with code and commands.",
    "search": "Show the whole ranking for a question, by the page.",
    "leaderboard": "Show the published figures on one data set.",
    "compare": "Show resources side by side, what differs first.",
    "show": "Show all that the catalog states of one resource.",
    "similar": "List the resources most like one.",
    "facets": "List the facets and terms to filter by.",
    "export": "Print resources as BibTeX, CSV, JSON or Markdown.",
    "build": "Build the index from the catalog.",
    "check": "Check the whole catalog; print every problem.",
    "evaluate": "Measure the answers to judged queries.",
    "serve": "Serve a page, and the answers over HTTP.",
    "mcp": "Offer the answers to agents, as tools (Model Context Protocol).",
}
