"""What an admin does with a whole site: its first account, a backup of all of it, and looking at it from outside its work."""
