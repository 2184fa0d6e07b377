"""Tutorials: pages whose examples run one after another, and notebooks made of them. Start with README.md."""
