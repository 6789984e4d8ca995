"""The tour's scenes: what each person does, and what the product promises them."""
