"""From text to a function that runs, and that notices when it is out of date."""
