//! A connection on which every byte travels for a while.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

/// Accepts connections and passes them on to `target`, `round_trip` late.
pub(crate) async fn proxy(
    listener: TcpListener,
    target: u16,
    round_trip: Duration,
) -> io::Result<()> {
    loop {
        let (client, _) = listener.accept().await?;
        client.set_nodelay(true)?;
        tokio::spawn(async move {
            // The handshake of a real connection.
            sleep(round_trip).await;
            // A side that goes away ends the other one.
            let _ended = connect(client, target, round_trip / 2).await;
        });
    }
}

async fn connect(client: TcpStream, target: u16, one_way: Duration) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", target)).await?;
    server.set_nodelay(true)?;
    let (client_read, client_write) = client.into_split();
    let (server_read, server_write) = server.into_split();
    let there = tokio::spawn(carry(client_read, server_write, one_way));
    let back = tokio::spawn(carry(server_read, client_write, one_way));
    let _both = (there.await, back.await);
    Ok(())
}

async fn carry<R, W>(mut from: R, mut to: W, one_way: Duration) -> io::Result<()>
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin,
{
    let (sender, mut road) = mpsc::channel::<(Instant, Vec<u8>)>(4096);
    tokio::spawn(async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length) = from.read(&mut buffer).await {
            let parcel = (Instant::now() + one_way, buffer[..length].to_vec());
            if length == 0 || sender.send(parcel).await.is_err() {
                return;
            }
        }
    });
    while let Some((arrival, bytes)) = road.recv().await {
        sleep_until(arrival).await;
        to.write_all(&bytes).await?;
    }
    to.shutdown().await
}
