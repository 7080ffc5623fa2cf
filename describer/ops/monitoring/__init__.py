"""Looking at the site from outside its work: what it stands on, what its engine does, what its ledger comes to.

single_flight   a question that may hang costs one thread, however often it is asked
checks          database, broker, storage, disk, worker: what is wrong, in words
engine          queue, workers and endpoints as they are now
ledger          what all attempts came to, without reading them all each time
metrics         all of it as Prometheus reads it
"""
