# /// script
# requires-python = ">=3.8"
# dependencies = [
#     "fastapi[standard]==0.113.0",
#     "pydantic==2.8.0",
# ]
# ///
"""The program of the guide: an application that says hello, asked once by itself."""

import json
import socket
import threading
import urllib.request

import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def read_root():
    return {"message": "Hello World"}


def main():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with urllib.request.urlopen(address, timeout=30) as answer:
            print(json.load(answer)["message"])
    finally:
        server.should_exit = True
        thread.join()


if __name__ == "__main__":
    main()
