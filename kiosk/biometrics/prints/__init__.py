"""What is this print worth, and what is wrong with it?"""
