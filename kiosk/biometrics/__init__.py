"""What is this capture worth, and what is wrong with it?"""
