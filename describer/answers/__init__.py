"""A model's words on their way to a page, all of it plain Python.

reading    what a model thought and the marks around an answer, apart from its words; of what shape the words are
letters    rules of Markdown that keep a model's letters: of blocks (block_letters) and within lines (line_letters)
tokens     what the parser found, changed before it is shown
json_lines JSON laid out
pieces     where a long answer is cut, by what showing each line would cost
markdown   Markdown as safe HTML, within bounds
rendering  all of it together: what a list and a page show of an answer
"""
