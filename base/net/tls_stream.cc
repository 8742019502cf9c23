#include "base/net/tls_stream.h"

#include <openssl/err.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/net/distinguished_name.h"
#include "base/net/tls_reporting.h"
#include "base/net/tls_wire.h"
#include "base/net/tls_writer.h"
#include "base/net/write_queue.h"

namespace ottla::base {
namespace {

// What one turn may encrypt for one connection, and how much may wait below to be sent.
constexpr std::size_t kEncryptBudget = 1 << 20;
constexpr std::size_t kMostBelow = 256 << 10;
// What goes down in one piece: a record is at most 256 bytes longer than what it holds.
constexpr std::size_t kPieceOfRecords = TlsWriter::kFileChunk + 4 * 256;

// What is read from below at once when the handshake is over; before it, OpenSSL's 16 KiB.
constexpr std::size_t kReadBuffer = 64 << 10;

// A record of TLS: its head, and the most that follows.
constexpr std::size_t kRecordHead = 5;
constexpr std::size_t kMostOfRecord = SSL3_RT_MAX_ENCRYPTED_LENGTH;

// How much is missing of the record that the peer begins with; 0 if it is whole, or none.
std::size_t missing_of_record(BytesView begun) {
  const auto at = [begun](std::size_t i) { return static_cast<unsigned char>(begun[i]); };
  if (!begun.empty() && at(0) != SSL3_RT_HANDSHAKE) return 0;
  if (begun.size() < kRecordHead) return kRecordHead - begun.size();
  const std::size_t body = std::size_t{at(3)} << 8 | at(4);
  if (at(1) != SSL3_VERSION_MAJOR || body > kMostOfRecord) return 0;
  return kRecordHead + body - std::min(begun.size(), kRecordHead + body);
}

// After a failed handshake the socket stays for a while: closed with bytes unread it would be
// reset, and the peer might never see the alert that says why.
constexpr auto kLinger = std::chrono::seconds(1);

// Encrypted bytes on their way down, gathered into few segments.
class Outgoing {
 public:
  // About so much is going to be added.
  void expect(std::size_t bytes) { expected_ = bytes; }

  void add(BytesView bytes) {
    if (piece_.size() - filled_ < bytes.size()) {
      close_piece();
      piece_ = SharedBuffer::allocate(std::max(bytes.size(), std::min(expected_, kPieceOfRecords)));
    }
    std::memcpy(piece_.data() + filled_, bytes.data(), bytes.size());
    filled_ += bytes.size();
  }

  bool empty() const { return segments_.empty() && filled_ == 0; }

  std::vector<Segment> take() {
    close_piece();
    expected_ = 0;
    return std::exchange(segments_, {});
  }

 private:
  void close_piece() {
    if (filled_ > 0) segments_.emplace_back(Slice::of(piece_, piece_.view().substr(0, filled_)));
    piece_ = {};
    filled_ = 0;
  }

  std::size_t expected_ = 0;
  SharedBuffer piece_;
  std::size_t filled_ = 0;
  std::vector<Segment> segments_;
};

// The connection behind a TlsStream: the handler of the stream below. Shared with what is under way
// (posted calls, cold reads, the call that is running), so that the user may destroy the stream at
// any moment: from `detach` on nothing is delivered.
class TlsConnection final : public StreamHandler,
                            public TlsWire,
                            public std::enable_shared_from_this<TlsConnection> {
 public:
  TlsConnection(Loop& loop, TlsStreamParts parts)
      : loop_(loop),
        wire_method_(std::move(parts.wire_method)),
        make_ssl_(std::move(parts.make_ssl)),
        facts_(std::move(parts.facts)),
        handshake_timeout_(parts.handshake_timeout),
        peer_(parts.below->peer()),
        local_(parts.below->local()),
        below_(std::move(parts.below)) {}

  void start(StreamHandler& handler);
  void detach();

  std::size_t read(std::span<char> into);
  void write(std::vector<Segment> segments);
  std::size_t queued_bytes() const {
    return writer_.bytes() + (below_ ? below_->queued_bytes() : 0);
  }
  void pause_reading();
  void resume_reading();
  const Endpoint& peer() const { return peer_; }
  const Endpoint& local() const { return local_; }
  std::string peer_subject() const;

  void on_readable() override;
  void on_drained() override;
  void on_closed(const Error& error) override;

  std::size_t take(std::span<char> into) override;
  void put(BytesView bytes) override { outgoing_.add(bytes); }

 private:
  enum class State : std::uint8_t {
    handshake,
    open,
    failed,  // nothing is read or written any more: on_closed is due, or was told
  };

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

  void begin();
  bool first_record_came();
  void shake_hands();
  void on_handshake_done();
  void deliver();
  void settle();
  void settle_later();
  void pump();
  void send_down();
  void load_front();
  void on_loaded(const ColdRead& read);
  void on_read_error(int ssl_error);
  void fail(Error error);
  void linger();
  void say_goodbye();
  bool something_is_unread() const { return read_something_ && SSL_has_pending(ssl_.get()) == 1; }

  Loop& loop_;
  const std::shared_ptr<const BIO_METHOD> wire_method_;
  UniqueFunction<SslPtr()> make_ssl_;  // until `begin`
  SslPtr ssl_;                         // from then on
  HandshakeFacts facts_;
  const Duration handshake_timeout_;
  const Endpoint peer_;
  const Endpoint local_;
  std::unique_ptr<Stream> below_;  // null once it is closed
  StreamHandler* handler_ = nullptr;

  State state_ = State::handshake;
  std::string first_;  // of a server: what came before it began, as far as OpenSSL has not taken it
  TlsWriter writer_;
  Outgoing outgoing_;
  std::optional<Error> error_;        // why it is over
  TimerId deadline_ = TimerId::none;  // of the handshake, or of lingering
  bool peer_may_refuse_late_ = true;  // until it has sent something
  bool alert_matters_ = false;        // the peer is to see why the handshake failed
  bool read_something_ = false;       // the user's last read answered more than 0
  bool paused_ = false;
  bool in_callback_ = false;
  bool drain_due_ = false;
  bool settle_posted_ = false;
  bool loading_ = false;  // a worker reads what is to be written next
};

void TlsConnection::start(StreamHandler& handler) {
  OTTLA_ASSERT(handler_ == nullptr, "a stream is started once");
  handler_ = &handler;
  const auto self = shared_from_this();
  deadline_ = loop_.call_at(loop_.now() + handshake_timeout_, [weak = weak_from_this()] {
    const auto alive = weak.lock();
    if (!alive) return;
    alive->fail(Error(ErrorCode::request_timed_out, "the TLS handshake did not end in time",
                      {.broker = alive->peer_.to_string()}));
    alive->settle();
  });
  below_->start(*this);
  if (!facts_.is_server) shake_hands();
}

void TlsConnection::detach() {
  handler_ = nullptr;
  writer_.clear();
  loop_.cancel(std::exchange(deadline_, TimerId::none));
  if (!below_) return;
  if (state_ == State::open) say_goodbye();
  if (state_ == State::failed && alert_matters_) return linger();
  below_.reset();
}

void TlsConnection::begin() {
  ssl_ = std::exchange(make_ssl_, {})();
  auto* bio = make_wire_bio(*wire_method_, *this).release();
  OTTLA_ASSERT(bio != nullptr, "memory for a TLS connection");
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), &facts_);
}

// A connection of OpenSSL's takes 70 KiB: whoever only opens one, or sends it a byte at a time, is
// not given that, but room for what he sends.
bool TlsConnection::first_record_came() {
  for (;;) {
    const auto missing = missing_of_record(first_);
    if (missing == 0) return true;
    char piece[1024];
    const auto count = below_->read({piece, std::min(missing, sizeof piece)});
    if (count == 0) return false;
    first_.append(piece, count);
  }
}

// Bytes from below, for OpenSSL.
std::size_t TlsConnection::take(std::span<char> into) {
  if (!below_) return 0;
  std::size_t count = std::min(into.size(), first_.size());
  if (count > 0) {
    std::memcpy(into.data(), first_.data(), count);
    first_.erase(0, count);
    if (first_.empty()) first_.shrink_to_fit();
  } else {
    count = below_->read(into);
  }
  if (facts_.head.size() < kRecordHead && state_ == State::handshake) {
    facts_.head.append(into.data(), std::min(count, kRecordHead - facts_.head.size()));
  }
  return count;
}

void TlsConnection::shake_hands() {
  if (!ssl_) {
    if (facts_.is_server && !first_record_came()) return;
    begin();
  }
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  const int why = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), result);
  if (facts_.report) note_terms(*ssl_, *facts_.report);
  if (result == 1) {
    on_handshake_done();
  } else if (why != SSL_ERROR_WANT_READ) {
    auto error = handshake_error(facts_);
    send_down();
    alert_matters_ = true;
    return fail(std::move(error));
  }
  send_down();
}

void TlsConnection::on_handshake_done() {
  state_ = State::open;
  if (facts_.report) facts_.report->complete = true;
  loop_.cancel(std::exchange(deadline_, TimerId::none));
  SSL_set_default_read_buffer_len(ssl_.get(), kReadBuffer);
  if (paused_) below_->pause_reading();
  // Application data may have come with the last of the handshake.
  read_something_ = true;
  pump();
}

void TlsConnection::on_readable() {
  const auto self = shared_from_this();
  if (state_ == State::failed) {
    char ignored[4096];
    while (below_ && below_->read(ignored) > 0) {
    }
    return;
  }
  if (state_ == State::handshake) shake_hands();
  deliver();
  settle();
}

void TlsConnection::deliver() {
  if (handler_ == nullptr || state_ != State::open || paused_) return;
  tell([](StreamHandler& handler) { handler.on_readable(); });
}

std::size_t TlsConnection::read(std::span<char> into) {
  if (state_ != State::open || into.empty()) return 0;
  ERR_clear_error();
  std::size_t count = 0;
  read_something_ = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count) == 1;
  if (read_something_) {
    peer_may_refuse_late_ = false;
  } else {
    on_read_error(SSL_get_error(ssl_.get(), 0));
  }
  // The answer to a change of keys, or an alert.
  if (!outgoing_.empty()) send_down();
  return count;
}

void TlsConnection::on_read_error(int ssl_error) {
  if (ssl_error == SSL_ERROR_WANT_READ) return;
  if (ssl_error == SSL_ERROR_ZERO_RETURN) {
    return fail(Error(ErrorCode::connection_closed, "the peer closed the connection",
                      {.broker = peer_.to_string()}));
  }
  fail(peer_may_refuse_late_ ? handshake_error(facts_) : record_error(facts_));
}

void TlsConnection::write(std::vector<Segment> segments) {
  if (state_ == State::failed) return;
  writer_.add(std::move(segments));
  drain_due_ = true;
  pump();
  // Nothing to send, nothing that could drain below.
  if (queued_bytes() == 0) settle_later();
}

// Encrypts as long as what is below goes on; on_drained comes when that has left.
void TlsConnection::pump() {
  if (state_ != State::open || loading_) return;
  for (std::size_t left = kEncryptBudget; left > 0 && writer_.bytes() > 0;) {
    if (below_->queued_bytes() >= kMostBelow) break;
    const auto before = writer_.bytes();
    outgoing_.expect(before + 256);
    const auto state = writer_.encrypt(*ssl_, std::min(left, kMostBelow));
    if (!state) return fail(state.error());
    send_down();
    if (*state == TlsWriter::State::cold) return load_front();
    left -= std::min(left, before - writer_.bytes());
  }
}

void TlsConnection::send_down() {
  if (below_ && !outgoing_.empty()) below_->write(outgoing_.take());
}

void TlsConnection::on_drained() {
  const auto self = shared_from_this();
  pump();
  settle();
}

void TlsConnection::load_front() {
  loading_ = true;
  auto job = std::make_shared<ColdRead>();
  job->range = writer_.front_range();
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

void TlsConnection::on_loaded(const ColdRead& read) {
  loading_ = false;
  if (state_ != State::open || handler_ == nullptr) return;
  if (!read.count) {
    fail(read.count.error());
  } else if (*read.count < read.range.length) {
    fail(short_file(read.range));
  } else {
    writer_.put_front(read.bytes);
    pump();
  }
  settle();
}

void TlsConnection::pause_reading() {
  paused_ = true;
  if (below_ && state_ == State::open) below_->pause_reading();
}

void TlsConnection::resume_reading() {
  paused_ = false;
  if (below_ && state_ == State::open) below_->resume_reading();
  if (something_is_unread()) settle_later();
}

// Delivers what became due during a call of the user's or of the stream below.
void TlsConnection::settle() {
  if (in_callback_) return;
  const bool drained = drain_due_ && queued_bytes() == 0 && state_ == State::open;
  if (handler_ != nullptr && drained) {
    drain_due_ = false;
    tell([](StreamHandler& handler) { handler.on_drained(); });
  }
  if (handler_ == nullptr) return;
  if (state_ == State::failed) {
    auto& handler = *std::exchange(handler_, nullptr);
    handler.on_closed(*error_);
    return;
  }
  if (!paused_ && state_ == State::open && something_is_unread()) settle_later();
}

void TlsConnection::settle_later() {
  if (in_callback_ || settle_posted_) return;
  settle_posted_ = true;
  loop_.post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->settle_posted_ = false;
    if (self->something_is_unread()) self->deliver();
    self->settle();
  });
}

void TlsConnection::fail(Error error) {
  if (state_ == State::failed) return;
  state_ = State::failed;
  error_ = std::move(error);
  writer_.clear();
  loop_.cancel(std::exchange(deadline_, TimerId::none));
  settle_later();
}

void TlsConnection::on_closed(const Error& error) {
  const auto self = shared_from_this();
  const bool hung_up = error.code() == ErrorCode::connection_closed;
  std::string why = error.message();
  if (state_ == State::handshake && hung_up) {
    why =
        "the peer closed the connection during the TLS handshake: " +
        std::string(facts_.is_server
                        ? "it may not trust this broker's certificate"
                        : "the port may be one for security.protocol=PLAINTEXT, or the broker may "
                          "not accept this client's certificate; its log says which");
  } else if (hung_up) {
    why = "the connection was cut without a goodbye (" + why + ")";
    if (!facts_.is_server && peer_may_refuse_late_) {
      why += "; the broker may not accept this client's certificate, or want one";
    }
  }
  auto below = std::move(below_);
  fail(Error(error.code(), std::move(why), error.context()));
  loop_.cancel(std::exchange(deadline_, TimerId::none));
  settle();
}

void TlsConnection::say_goodbye() {
  if (queued_bytes() > 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  send_down();
}

void TlsConnection::linger() {
  below_->resume_reading();
  deadline_ = loop_.call_at(loop_.now() + kLinger, [self = shared_from_this()] {
    self->deadline_ = TimerId::none;
    self->below_.reset();
  });
}

std::string TlsConnection::peer_subject() const {
  if (!ssl_ || state_ == State::handshake) return {};
  const auto* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr) return {};
  return distinguished_name(X509_get_subject_name(certificate));
}

class TlsStream final : public Stream {
 public:
  explicit TlsStream(std::shared_ptr<TlsConnection> connection)
      : connection_(std::move(connection)) {}
  ~TlsStream() override { connection_->detach(); }

  void start(StreamHandler& handler) override { connection_->start(handler); }
  std::size_t read(std::span<char> into) override { return connection_->read(into); }
  void write(std::vector<Segment> segments) override { connection_->write(std::move(segments)); }
  std::size_t queued_bytes() const override { return connection_->queued_bytes(); }
  void pause_reading() override { connection_->pause_reading(); }
  void resume_reading() override { connection_->resume_reading(); }
  const Endpoint& peer() const override { return connection_->peer(); }
  const Endpoint& local() const override { return connection_->local(); }
  std::string peer_subject() const override { return connection_->peer_subject(); }

 private:
  const std::shared_ptr<TlsConnection> connection_;
};

}  // namespace

std::unique_ptr<Stream> make_tls_stream(Loop& loop, TlsStreamParts parts) {
  return std::make_unique<TlsStream>(std::make_shared<TlsConnection>(loop, std::move(parts)));
}

}  // namespace ottla::base
