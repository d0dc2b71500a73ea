"""The service: Navigator over HTTP, a page for people, metrics for those who run it. See docs/operations.md.

settings    what whoever serves may choose
live        the index that answers now, and how a new one takes its place
jobs        one thread that does all of them, so that those that wait for the same can wait together
gathering   questions that are asked at the same time are encoded together
work        answers from the cache, made, or a refusal while too many wait for theirs
routes      one route a Navigator method
schemas     what the answers look like, for OpenAPI
problems    what went wrong, as application/problem+json
gate        what every request passes: identity, key, limits, headers, log
metrics     counters for Prometheus
app         all of it together
processes   it in one process or several
"""
