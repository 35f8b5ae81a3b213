"""What a table is: contracts in the Open Data Contract Standard, read, checked, and rendered for each engine."""
