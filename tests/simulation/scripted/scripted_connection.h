#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "base/transport.h"
#include "tests/simulation/scripted/exchange.h"
#include "tests/simulation/scripted/fetch_sessions.h"

namespace ottla::simulation {

// One client of a scripted broker. Reads frames, hands them on, and sends the answers in the order
// of the requests. Owned by its broker; answers may come when it is gone.
class ScriptedConnection final : public base::StreamHandler,
                                 public std::enable_shared_from_this<ScriptedConnection> {
 public:
  ScriptedConnection(ScriptedBroker& broker, std::uint64_t number,
                     std::unique_ptr<base::Stream> stream);

  void start() { stream_->start(*this); }
  std::uint64_t number() const { return number_; }
  FetchSessions& fetch_sessions() { return fetch_sessions_; }

  void on_readable() override;
  void on_closed(const Error& error) override;

  // The answer to the request that took `place`; empty: there is none, but its place is free.
  void answer(std::uint64_t place, base::SharedBuffer frame, bool then_hang_up = false);

  void hang_up();

 private:
  struct Place {
    bool ready = false;
    bool then_hang_up = false;
    base::SharedBuffer frame;
  };
  void read_frames();
  void on_frame(BytesView bytes);
  void send_what_is_ready();

  ScriptedBroker& broker_;
  std::uint64_t number_;
  std::unique_ptr<base::Stream> stream_;
  std::string unread_;
  std::uint64_t first_place_ = 0;
  std::deque<Place> places_;
  FetchSessions fetch_sessions_;
};

}  // namespace ottla::simulation
