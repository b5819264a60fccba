# SPDX-License-Identifier: MIT
# A line a target. Its seeds are in corpus/NAME/: small files of our own.
