"""`python -m gateway …`"""

from config.loading import loading

with loading():
    from gateway.cli import main

main()
