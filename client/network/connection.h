#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/transport.h"
#include "client/network/network_config.h"
#include "client/network/request.h"

namespace ottla::client {

// A request that has left, waiting for its answer; or for all its bytes to have left, if it gets
// none.
struct InFlight {
  bool has_response = true;
  std::int32_t correlation_id = 0;
  protocol::Api api;
  std::int16_t version = 0;
  base::TimePoint sent_at{};
  base::TimePoint deadline{};
  Request::Done done;
};

// One TCP connection to a broker: cuts what arrives into frames and gives each to the request it
// answers; answers come in the order of the requests. Whatever breaks that order or the framing
// closes the connection, and with it fails every request in flight. Owned by its NodeLink; loop
// thread.
class Connection final : public base::StreamHandler {
 public:
  // Called last when the connection is gone; it may be destroyed in the call.
  using OnClosed = base::UniqueFunction<void(const Error&)>;
  // The broker wants no requests for so long.
  using OnThrottle = base::UniqueFunction<void(base::Duration)>;

  Connection(base::Loop& loop, std::unique_ptr<base::Stream> stream, BrokerId broker,
             std::string broker_name, const NetworkConfig& config, OnThrottle on_throttle,
             OnClosed on_closed);
  ~Connection() override;

  // Queues a frame, which leaves with the next flush.
  void send(std::vector<base::Segment> frame, InFlight in_flight);

  // Sends what is queued, all at once.
  void flush();

  std::int32_t next_correlation_id() { return next_correlation_id_; }
  std::size_t in_flight() const { return in_flight_.size(); }
  base::TimePoint last_used() const { return last_used_; }
  base::TimePoint next_deadline() const;

  // Fails what is in flight with `error` and tells the owner.
  void close(const Error& error);

  // The same, for an owner that knows.
  void abandon(const Error& error);

 private:
  void on_readable() override;
  void on_drained() override;
  void on_closed(const Error& error) override;

  bool read_some();
  void take_bytes(BytesView bytes);
  bool begin_frame(BytesView& bytes);
  void on_frame();
  void finish_sent();

  base::Loop& loop_;
  std::unique_ptr<base::Stream> stream_;
  const BrokerId broker_;
  const std::string broker_name_;
  const std::size_t max_response_bytes_;
  const std::shared_ptr<NetworkMetrics> metrics_;  // may be null
  OnThrottle on_throttle_;
  OnClosed on_closed_;

  std::vector<base::Segment> unsent_;
  std::deque<InFlight> in_flight_;
  std::int32_t next_correlation_id_ = 1;
  base::TimePoint last_used_;

  std::array<char, 4> size_bytes_{};
  std::size_t size_filled_ = 0;
  base::SharedBuffer frame_;
  std::size_t frame_filled_ = 0;
  std::array<char, 4096> small_;
};

}  // namespace ottla::client
