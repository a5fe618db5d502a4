"""What is sold."""

import os

# Before anything imports numpy: for texts as short as ours its threads cost more than they bring (a query took 27 ms
# on two busy cores with two of them, 1.5 ms with one), and each process would hold buffers for all of them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
