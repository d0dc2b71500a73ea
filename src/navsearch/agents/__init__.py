"""The answers for agents: four tools over one Navigator, by the Model Context Protocol (MCP).

    brief     answers as short texts
    tools     what the tools are called, say of themselves, take and do
    server    the tools by the protocol, on standard input and output or over HTTP

Results are short texts: JSON, which programs hand to a model beside its text or in place of it, says the same in more tokens.
"""
