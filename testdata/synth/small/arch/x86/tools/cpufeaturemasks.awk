# awk
