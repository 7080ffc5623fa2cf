"""A model's words on their way to a page, all of it plain Python.

thoughts   what a model thought before its answer, apart from the answer
pieces     where a long answer is cut, by what showing each line would cost
markdown   Markdown as safe HTML, within bounds
rendering  the three together: what a list and a page show of an answer
"""
