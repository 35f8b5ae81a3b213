"""How a partition becomes visible, and what no partition points to any more."""
