"""What people do with hipspine: the only place where science meets files."""
