"""What each family of news is loaded from and says now, one file for each family."""
