"""What travels between kiosk and office? Topics, messages, chunks; described in asyncapi.yaml beside this file.

Refuses to know how it is sent (uplink, office) or what is inside a sealed package (sealing).
"""
