#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/transport.h"
#include "tests/simulation/simulation.h"

namespace ottla::simulation {

// One side of a connection that gathers what it hears, for tests.
class Talker final : public base::StreamHandler {
 public:
  explicit Talker(std::unique_ptr<base::Stream> stream) : stream_(std::move(stream)) {
    stream_->start(*this);
  }

  // Says nothing once the connection is closed.
  void say(std::string bytes) {
    if (!stream_) return;
    std::vector<base::Segment> segments;
    segments.emplace_back(base::Slice::own(std::move(bytes)));
    stream_->write(std::move(segments));
  }
  void on_readable() override {
    inside = true;
    ++readables;
    char some[1500];
    while (const std::size_t count = stream_->read(some)) heard.append(some, count);
    if (echo) say(std::exchange(heard, {}));
    inside = false;
  }
  void on_drained() override {
    entered_twice = entered_twice || inside;
    ++drains;
  }
  void on_closed(const Error& error) override {
    entered_twice = entered_twice || inside;
    closed = error;
    if (destroy_when_closed) stream_.reset();
  }
  base::Stream& stream() { return *stream_; }
  void hang_up() { stream_.reset(); }

  std::string heard;
  std::optional<Error> closed;
  int readables = 0;
  int drains = 0;
  bool echo = false;
  bool destroy_when_closed = true;
  bool inside = false;
  bool entered_twice = false;

 private:
  std::unique_ptr<base::Stream> stream_;
};

// Two nodes; the server accepts on port 9092.
struct TwoNodes {
  explicit TwoNodes(std::uint64_t seed, const SimulationOptions& options = {})
      : world(seed, options), client(world.add_node("client")), server(world.add_node("server")) {
    client.start();
    server.start();
    listen();
  }

  void listen() {
    listener = server.transport()
                   .listen({"", 9092},
                           [this](std::unique_ptr<base::Stream> stream) {
                             accepted.push_back(std::make_unique<Talker>(std::move(stream)));
                             accepted.back()->echo = echo;
                           })
                   .value();
  }

  // The client's side of a new connection; null if refused.
  std::unique_ptr<Talker> connect() {
    std::unique_ptr<Talker> talker;
    bool answered = false;
    client.transport().connect({server.address(), 9092},
                               [&](Result<std::unique_ptr<base::Stream>> stream) {
                                 answered = true;
                                 if (stream) talker = std::make_unique<Talker>(std::move(*stream));
                               });
    world.run_until([&] { return answered; }, std::chrono::seconds(10));
    return talker;
  }

  // Of the server; waits for it.
  Talker& last_accepted() {
    world.run_until([this] { return !accepted.empty(); }, std::chrono::seconds(10));
    return *accepted.back();
  }

  Simulation world;
  SimNode& client;
  SimNode& server;
  bool echo = false;
  std::vector<std::unique_ptr<Talker>> accepted;
  std::unique_ptr<base::Listener> listener;
};

}  // namespace ottla::simulation
