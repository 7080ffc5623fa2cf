"""The endpoints as the engine meets them: one pooled client, and the adaptations that their models were found to need."""
