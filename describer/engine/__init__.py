"""The way of an ask, in its order.

submit      the way in: a description is born here and nowhere else
queue       rules over rows: turn, claim, lease, gate, retry, sweep, doorbell
pipeline    the story of one description: claim -> prepare -> ask -> record
prepare     its pictures as the model is sent them; links fetches those that were given by their addresses
endpoints   the one client to all endpoints, and what a model was found to refuse
live_words  the words of answers that pages are told as they come, and what is kept of them meanwhile
record      what a call came to: the ledger's line, its day's usage, the row
events      open pages are told
breaker     nobody waits twice for a broker that hangs
"""
