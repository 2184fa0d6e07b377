"""The paper's experiments, as commands. Start with README.md."""
