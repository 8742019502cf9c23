#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/lifetime.h"
#include "base/logger.h"
#include "base/loop.h"
#include "base/transport.h"
#include "broker/handlers/byte_budget.h"
#include "broker/handlers/reply.h"
#include "broker/metrics/request_metrics.h"
#include "broker/security/client_identity.h"
#include "broker/server/frame_assembler.h"

namespace ottla::broker {

class Connection;

// What a connection needs of the server it belongs to; outlives it.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;

  // Handles one request; the answer may come within the call or later.
  virtual void on_request(const std::shared_ptr<Connection>& connection, Frame frame,
                          Reply reply) = 0;

  // Its answer has gone to the socket.
  virtual void on_answered(const Connection& connection, const FinishedRequest& request) = 0;

  // The client has logged in, or where it need not, has ended the handshake of TLS and asked for
  // something; called once, on listeners with either.
  virtual void on_known(std::uint64_t connection) = 0;

  // The connection is gone; called once, last.
  virtual void on_connection_closed(std::uint64_t connection, const Error& reason) = 0;

  // A buffer that all connections of the loop read into, one at a time.
  virtual std::span<char> scratch() = 0;
};

// One client. Reads frames, hands requests out in order, sends answers in order. A Produce is
// handed out while earlier ones still wait for their acknowledgement, since their appends are in
// order already; every other request waits until all before it are answered. On a listener with
// SASL it is given little until the client has logged in, and not long for that. Owned by the
// server, on its loop.
class Connection final : public base::StreamHandler,
                         public ReplyTarget,
                         public std::enable_shared_from_this<Connection> {
 public:
  struct Limits {
    SecurityProtocol protocol = SecurityProtocol::plaintext;  // the listener's
    std::size_t largest_frame = 100 << 20;
    base::Duration idle{};  // closed after this long without a request or an answer
  };

  Connection(std::uint64_t id, std::string listener, std::unique_ptr<base::Stream> stream,
             ConnectionOwner& owner, base::Loop& loop, ByteBudget& budget, const Limits& limits,
             ClientIdentity identity);
  ~Connection() override;

  void start();
  void close(const Error& reason);

  std::uint64_t id() const { return id_; }
  const std::string& listener() const { return listener_; }
  const base::Endpoint& peer() const { return peer_; }
  const base::Endpoint& local() const { return local_; }

  // Null on a listener without SASL.
  const std::shared_ptr<SaslSession>& sasl() const { return identity_.sasl(); }
  // Who the client is, for every request that is handed out.
  const std::shared_ptr<const Principal>& principal() const { return identity_.principal(); }

  void on_readable() override;
  void on_drained() override;
  void on_closed(const Error& error) override;
  void on_reply(std::uint64_t request, std::vector<base::Segment> response) override;
  void on_last_reply(std::uint64_t request, std::vector<base::Segment> response,
                     const Error& reason) override;
  void on_refusal(std::uint64_t request, const Error& reason) override;
  void on_mute(std::uint64_t request, base::Duration duration) override;
  void on_wait(std::uint64_t request, base::Task abandon) override;

 private:
  // Whether a frame that has begun goes on.
  struct FrameWatch {
    base::TimerId timer = base::TimerId::none;
    std::uint64_t frame = 0;       // its number
    std::uint64_t bytes_read = 0;  // when the timer was set
    bool was_paused = false;       // since then: what did not come was not asked for
  };

  // A request that was handed out and whose answer has not been sent.
  struct Slot {
    std::uint64_t request = 0;
    ApiKey api{};
    std::int16_t version = 0;
    bool answered = false;
    std::size_t bytes = 0;
    base::Duration mute{};
    RequestTimes times;
    base::Task on_abandoned;  // or null
    std::vector<base::Segment> response;
  };

  // Reads once, at most `most` bytes; the bytes read, 0 if there are none or no more are wanted.
  std::size_t read_some(std::size_t most);
  void feed(BytesView input);
  void keep_for_later(BytesView input);
  void take_frame();
  bool wants_requests() const;
  void hand_out();
  bool may_hand_out(const Frame& frame) const;
  Slot& make_slot(const Frame& frame);
  Slot* find_slot(std::uint64_t request);
  void send_answer(Slot& slot);
  void send_answers();
  void continue_reading();
  void pause_or_resume();
  void end_if_last();
  void note_authentication();
  void watch_authentication();
  void watch_idleness();
  void watch_frame();
  void become_known();
  void mute(base::Duration duration);
  void wait_for_voice();

  // Set at construction.
  const std::uint64_t id_;
  const std::string listener_;
  ConnectionOwner& owner_;
  base::Loop& loop_;
  ByteBudget& budget_;
  const Limits limits_;
  std::unique_ptr<base::Stream> stream_;  // null once closed
  const base::Endpoint peer_;
  const base::Endpoint local_;

  // Loop's thread only.
  const base::RealClock clock_;  // what takes time takes real time
  ClientIdentity identity_;
  FrameAssembler reader_;
  std::string unread_;  // bytes that were read while no frame could be taken
  bool paused_ = false;
  bool waits_for_room_ = false;
  base::TimePoint muted_until_{};
  base::TimerId mute_timer_ = base::TimerId::none;  // set while no frame may begin
  bool handing_out_ = false;
  std::deque<Frame> frames_;
  std::deque<Slot> slots_;
  std::size_t outstanding_bytes_ = 0;
  std::uint64_t next_request_ = 1;
  base::TimePoint last_activity_;
  std::size_t most_outstanding_;
  std::size_t most_unsent_bytes_;
  std::optional<Error>
      last_;      // the last answer was given: why the connection ends when it has left
  bool unknown_;  // until the owner is told otherwise
  base::TimerId authentication_timer_ = base::TimerId::none;
  base::TimerId idle_timer_ = base::TimerId::none;
  FrameWatch frame_watch_;
  std::uint64_t bytes_read_ = 0;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
