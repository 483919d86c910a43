"""What is said and shown: the text catalogue, Vietnamese text, speech and typing rules.

This room owns every word a citizen or officer meets. It knows nothing of screens, devices or storage.
"""
