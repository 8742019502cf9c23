#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/buffer.h"
#include "base/file.h"
#include "base/task.h"
#include "ottla/result.h"

namespace ottla::base {

struct Endpoint {
  std::string host;  // a name, an IPv4 or IPv6 address without brackets; empty: every address
  std::uint16_t port = 0;

  bool operator==(const Endpoint&) const = default;
  // host:port, brackets around IPv6.
  std::string to_string() const;
  // Reads host:port, [v6]:port, :port.
  static Result<Endpoint> parse(std::string_view text);
};

// Bytes of a file that need not pass through this process.
struct FileRange {
  std::shared_ptr<const File> file;
  std::uint64_t position = 0;
  std::size_t length = 0;
};

// What is written: bytes that are kept alive until they have left, or a piece of a file.
using Segment = std::variant<Slice, FileRange>;

// What a stream tells its user, on the loop's thread. None of the calls is made from within a call
// of the user's on the stream, and none after the stream is closed or destroyed.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;

  // Bytes may be there: call `read` until it answers 0 or enough was done; if some are left this is
  // called again.
  virtual void on_readable() = 0;

  // Everything that was written has left this process.
  virtual void on_drained() {}

  // The peer hung up, or the connection broke. The last call; the stream may be destroyed in it.
  virtual void on_closed(const Error& error) = 0;
};

// One connection. On its loop's thread; destroying it closes it and drops what has not left.
class Stream {
 public:
  virtual ~Stream() = default;

  // Must be called once, before anything is read or delivered.
  virtual void start(StreamHandler& handler) = 0;

  // Bytes that are there, at most into.size(); 0 if none are (or the stream is at its end: then
  // on_closed follows).
  virtual std::size_t read(std::span<char> into) = 0;

  // Queues the segments behind what is queued; one gathered write where possible. File ranges go by
  // sendfile where that pays. A file shorter than its range closes the stream: what was announced
  // can no longer be said.
  virtual void write(std::vector<Segment> segments) = 0;

  // Bytes queued and not yet handed to the kernel.
  virtual std::size_t queued_bytes() const = 0;

  // While paused on_readable is not called, and the peer is held back by its window.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;

  virtual const Endpoint& peer() const = 0;
  virtual const Endpoint& local() const = 0;

  // The subject of the certificate that the peer has shown to be its own, as RFC 2253 and Kafka's
  // principals have it ("CN=alice,O=Example"); empty if there is none. From the first on_readable
  // on.
  virtual std::string peer_subject() const { return {}; }
};

// Stops listening when destroyed.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual const Endpoint& local() const = 0;
};

// What the kernel keeps for a socket, in bytes; -1 leaves it to the kernel, which adapts the
// buffers to each connection. The kernel may bound what is asked for.
struct SocketBuffers {
  std::int32_t send = -1;     // SO_SNDBUF
  std::int32_t receive = -1;  // SO_RCVBUF
};

struct ListenOptions {
  SocketBuffers buffers = {};  // of the connections that come
  std::int32_t backlog = 128;  // connections that may wait to be accepted
};

// Sockets of one loop. On the loop's thread.
class Transport {
 public:
  virtual ~Transport() = default;

  using OnAccept = UniqueFunction<void(std::unique_ptr<Stream>)>;
  using OnConnect = UniqueFunction<void(Result<std::unique_ptr<Stream>>)>;
  using OnResolve = UniqueFunction<void(Result<std::vector<Endpoint>>)>;

  // Port 0 picks a free one. Errors: already_in_use, name_not_resolved, io_error.
  virtual Result<std::unique_ptr<Listener>> listen(const Endpoint& at, OnAccept on_accept,
                                                   const ListenOptions& options) = 0;
  Result<std::unique_ptr<Listener>> listen(const Endpoint& at, OnAccept on_accept) {
    return listen(at, std::move(on_accept), {});
  }

  // Connects to one address (not a name); the answer comes later, once, unless the transport is
  // destroyed before. Errors: connection_refused, io_error. There is no time limit: the caller has
  // a timer, and cancels by ignoring the answer.
  virtual void connect(const Endpoint& address, OnConnect on_connect,
                       const SocketBuffers& buffers) = 0;
  void connect(const Endpoint& address, OnConnect on_connect) {
    connect(address, std::move(on_connect), {});
  }

  // All addresses of a name, in the order the system prefers; an address answers itself.
  virtual void resolve(const Endpoint& name, OnResolve on_resolve) = 0;
};

}  // namespace ottla::base
