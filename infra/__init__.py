"""What deploys the lake, and the code that it deploys beside the jobs and applications."""
