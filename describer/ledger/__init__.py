"""The ledger's sums: each attempt rolled up into its day."""
