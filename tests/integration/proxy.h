#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "ottla/api_key.h"

namespace ottla::integration {

// Stands between clients and a broker, on loopback, and knows frames: it passes on what comes, but
// can keep a request back, cut connections, and lose or double an answer. The broker must advertise
// its address.
class Proxy {
 public:
  Proxy();
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // host:port.
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // To be called before a client comes.
  void set_broker(const std::string& address);

  // The next request of this API is kept back; its client's connection is cut.
  void hold_next(ApiKey api);
  // False if none came in time.
  bool wait_for_held();
  // Now it arrives at the broker. The broker's answer, without its size; empty if there is none.
  std::string deliver_held();

  enum class Fault : std::uint8_t {
    lost,     // the connection is cut instead
    doubled,  // it comes twice
  };
  // When the `number`th request from now on has been passed on, `then` is called, on a thread of
  // the proxy, and every connection is cut. 0: that is off, and `then` is not running any more.
  void cut_behind_request(std::size_t number, std::function<void()> then = {});

  // What happens to the `number`th answer from now on, counting from 1.
  void spoil_answer(std::size_t number, Fault fault);
  // Whether it came to that.
  bool spoiled() const;

 private:
  struct Connection;
  struct Held {
    int broker = -1;
    std::string frame;
  };

  void accept_all();
  void serve(Connection& connection);
  bool pass_request(Connection& connection, std::string frame);
  bool pass_answer(Connection& connection, std::string_view frame);

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread acceptor_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  bool closing_ = false;
  std::uint16_t broker_port_ = 0;
  std::list<std::unique_ptr<Connection>> connections_;
  std::optional<ApiKey> to_hold_;
  std::optional<Held> held_;
  std::size_t requests_left_ = 0;
  std::function<void()> then_;
  std::size_t answers_left_ = 0;
  Fault fault_ = Fault::lost;
  bool spoiled_ = false;
};

}  // namespace ottla::integration
