#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/lifetime.h"
#include "ottla/api_key.h"
#include "tests/simulation/simulation.h"

namespace ottla::simulation {

// A request or an answer on its way through a FrameProxy.
struct PassingFrame {
  ApiKey api = ApiKey::produce;
  std::int16_t version = 0;
  bool answer = false;
  const SimHost* client = nullptr;
  BytesView bytes{};  // its length included
};

// What becomes of it.
struct Passage {
  enum class Fate : std::uint8_t {
    pass,
    twice,      // it comes once more, at once: the second answer goes nowhere
    never,      // the connection breaks instead
    once_more,  // a request passes, and comes again `after` that, on a connection of its own
  };
  Fate fate = Fate::pass;
  Duration after{};  // held up for so long, and what comes behind it: though its client is gone
};

// Stands between clients and a broker, frame by frame: listens on port 9092 of its node. Requests
// arrive though their client has given them up, as they do in a network.
class FrameProxy {
 public:
  using OnFrame = std::function<Passage(const PassingFrame&)>;
  FrameProxy(SimNode& node, std::string broker, OnFrame on_frame);
  ~FrameProxy();
  FrameProxy(const FrameProxy&) = delete;
  FrameProxy& operator=(const FrameProxy&) = delete;

 private:
  class Link;

  SimNode& node_;
  const std::string broker_;
  OnFrame on_frame_;
  std::vector<std::shared_ptr<Link>> links_;
  std::unique_ptr<base::Listener> listener_;
  base::Lifetime lifetime_;
};

}  // namespace ottla::simulation
