"""The parts of `manage.py fill`: a site with many descriptions, for measuring.

`filling` is the story; `people` and `pictures` are made as the site makes them, all else is rows of plain values, made by
`asks`, completed by `columns` and written by `load`.
"""
