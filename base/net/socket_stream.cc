#include "base/net/socket_stream.h"

#include <sys/socket.h>

#include <optional>

#include "base/assert.h"
#include "base/net/socket_address.h"
#include "base/net/write_queue.h"

namespace ottla::base {
namespace {

// What one turn may send on one socket.
constexpr std::size_t kWriteBudget = 1 << 20;

// The connection behind a SocketStream. Shared with what is under way (posted calls, cold reads,
// the event that is running), so that the user may destroy the stream at any moment: from `detach`
// on nothing is delivered.
class Connection final : public SocketEvents, public std::enable_shared_from_this<Connection> {
 public:
  Connection(AsioLoop& loop, Endpoint peer, Endpoint local)
      : loop_(loop), peer_(std::move(peer)), local_(std::move(local)), queue_(peer_) {}

  Result<void> open(FileDescriptor socket) {
    auto watched = loop_.watch(std::move(socket), *this);
    if (!watched) return watched.error();
    socket_ = std::move(*watched);
    return {};
  }

  void start(StreamHandler& handler) {
    OTTLA_ASSERT(handler_ == nullptr, "a stream is started once");
    handler_ = &handler;
    if (drain_due_ || ended_) settle_later();
    if (!paused_) socket_->await_readable();
  }

  // Nothing is delivered any more; the socket closes.
  void detach() {
    handler_ = nullptr;
    socket_.reset();
    queue_.clear();
  }

  std::size_t read(std::span<char> into);
  void write(std::vector<Segment> segments);
  std::size_t queued_bytes() const { return queue_.bytes(); }

  void pause_reading() {
    paused_ = true;
    if (error_) end();
  }
  void resume_reading() {
    paused_ = false;
    if (handler_ != nullptr && !ended_) socket_->await_readable();
  }

  const Endpoint& peer() const { return peer_; }
  const Endpoint& local() const { return local_; }

  void on_socket_readable() override;
  void on_socket_writable() override;

 private:
  struct ColdRead {
    FileRange range;
    SharedBuffer bytes;
    Result<std::size_t> count = std::size_t{0};
  };

  // Calls the user; what the stream does in the meantime waits for `settle`.
  template <class Call>
  void tell(Call call) {
    in_callback_ = true;
    call(*handler_);
    in_callback_ = false;
  }

  void settle();
  void settle_later();
  void flush();
  void load_front();
  void on_loaded(const ColdRead& read);
  void fail(Error error);
  void end();

  AsioLoop& loop_;
  const Endpoint peer_;
  const Endpoint local_;
  std::unique_ptr<WatchedSocket> socket_;
  StreamHandler* handler_ = nullptr;
  WriteQueue queue_;
  // Why the connection broke or ended.
  std::optional<Error> error_;
  // Nothing can be read any more: on_closed is due.
  bool ended_ = false;
  bool paused_ = false;
  // The last read took less than it could: more is not there before the loop says so.
  bool drained_ = false;
  bool in_callback_ = false;
  bool drain_due_ = false;
  bool settle_posted_ = false;
  // Whether writing waits for the socket or for the disk.
  bool write_waits_ = false;
};

std::size_t Connection::read(std::span<char> into) {
  if (ended_ || drained_ || into.empty()) return 0;
  const int fd = socket_->descriptor();
  const auto count = uninterrupted([&] { return ::recv(fd, into.data(), into.size(), 0); });
  const bool is_blocked = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  if (count > 0 || is_blocked) {
    const auto taken = is_blocked ? 0 : static_cast<std::size_t>(count);
    drained_ = taken < into.size();
    return taken;
  }
  if (!error_) {
    error_ = count < 0 ? socket_error(errno, "receive", peer_)
                       : Error(ErrorCode::connection_closed, "the peer closed the connection",
                               {.broker = peer_.to_string()});
  }
  end();
  return 0;
}

void Connection::on_socket_readable() {
  if (handler_ == nullptr || paused_ || ended_) return;
  const auto self = shared_from_this();
  drained_ = false;
  tell([](StreamHandler& handler) { handler.on_readable(); });
  settle();
}

void Connection::on_socket_writable() {
  const auto self = shared_from_this();
  write_waits_ = false;
  flush();
  settle();
}

// Delivers what became due during a call of the user's or of the loop's, and waits for the next.
void Connection::settle() {
  if (handler_ != nullptr && drain_due_ && queue_.bytes() == 0 && !error_) {
    drain_due_ = false;
    tell([](StreamHandler& handler) { handler.on_drained(); });
  }
  if (handler_ == nullptr) return;
  if (ended_) {
    auto& handler = *std::exchange(handler_, nullptr);
    queue_.clear();
    handler.on_closed(*error_);
    return;
  }
  if (drain_due_ && queue_.bytes() == 0) settle_later();
  if (!paused_) socket_->await_readable();
}

void Connection::settle_later() {
  if (in_callback_ || settle_posted_) return;
  settle_posted_ = true;
  loop_.post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->settle_posted_ = false;
    self->settle();
  });
}

void Connection::write(std::vector<Segment> segments) {
  if (error_) return;
  queue_.add(std::move(segments));
  if (!write_waits_) flush();
}

void Connection::flush() {
  if (error_ || socket_ == nullptr) return;
  auto state = queue_.flush(socket_->descriptor(), kWriteBudget);
  if (!state) return fail(std::move(state).error());
  switch (*state) {
    case WriteQueue::State::empty:
      drain_due_ = true;
      settle_later();
      return;
    case WriteQueue::State::blocked:
    case WriteQueue::State::more:
      write_waits_ = true;
      socket_->await_writable();
      return;
    case WriteQueue::State::cold:
      load_front();
      return;
  }
}

void Connection::load_front() {
  write_waits_ = true;
  auto job = std::make_shared<ColdRead>();
  job->range = queue_.front_range();
  job->bytes = SharedBuffer::allocate(job->range.length);
  loop_.offload(
      [job] {
        job->count =
            job->range.file->read_at(job->range.position, {job->bytes.data(), job->bytes.size()});
      },
      [job, weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->on_loaded(*job);
      });
}

void Connection::on_loaded(const ColdRead& read) {
  write_waits_ = false;
  if (error_ || socket_ == nullptr) return;
  if (!read.count) {
    fail(read.count.error());
  } else if (*read.count < read.range.length) {
    fail(short_file(read.range));
  } else {
    queue_.put_front(read.bytes);
    flush();
  }
}

// Sending is over. What the peer had sent before is still delivered: the shutdown lets reading come
// to its end by itself, unless the user does not want to read.
void Connection::fail(Error error) {
  error_ = std::move(error);
  queue_.clear();
  ::shutdown(socket_->descriptor(), SHUT_RDWR);
  if (paused_) end();
}

void Connection::end() {
  ended_ = true;
  settle_later();
}

class SocketStream final : public Stream {
 public:
  explicit SocketStream(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)) {}
  ~SocketStream() override { connection_->detach(); }

  void start(StreamHandler& handler) override { connection_->start(handler); }
  std::size_t read(std::span<char> into) override { return connection_->read(into); }
  void write(std::vector<Segment> segments) override { connection_->write(std::move(segments)); }
  std::size_t queued_bytes() const override { return connection_->queued_bytes(); }
  void pause_reading() override { connection_->pause_reading(); }
  void resume_reading() override { connection_->resume_reading(); }
  const Endpoint& peer() const override { return connection_->peer(); }
  const Endpoint& local() const override { return connection_->local(); }

 private:
  const std::shared_ptr<Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<Stream>> make_socket_stream(AsioLoop& loop, FileDescriptor socket) {
  set_stream_options(socket.get());
  auto connection =
      std::make_shared<Connection>(loop, peer_endpoint(socket.get()), local_endpoint(socket.get()));
  if (auto opened = connection->open(std::move(socket)); !opened) return opened.error();
  return std::unique_ptr<Stream>(std::make_unique<SocketStream>(std::move(connection)));
}

}  // namespace ottla::base
