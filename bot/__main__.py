"""`python -m bot`."""

from bot.garbage import keeping

with keeping():
    from bot.cli import main

main()
