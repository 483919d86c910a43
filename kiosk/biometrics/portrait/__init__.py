"""What is this portrait worth, and what is wrong with it?"""
