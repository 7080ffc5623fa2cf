"""Files and their rows: a picture becomes an image, and files lie on disk or in a bucket."""
