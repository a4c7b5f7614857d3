"""Skills as files: finding them, reading them leniently, listing them in the prompt and handing one out."""
