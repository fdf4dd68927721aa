"""Start Portello: `python app.py` serves the chat; `python app.py --help` lists the rest."""

from bot.cli import main

if __name__ == "__main__":
    main()
