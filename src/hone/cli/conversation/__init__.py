"""The conversation at the terminal. Begins in `start`; what is typed is `terminal`'s part, what is shown `view`'s."""
