#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// A TCP client that says whatever a test wants, also what no Kafka client would. Blocking; every
// wait ends after 30 s, which fails the test.
namespace ottla::integration {

class RawClient {
 public:
  // `address` is host:port.
  explicit RawClient(const std::string& address);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return socket_ >= 0; }

  // False if the peer has hung up.
  bool send(std::string_view bytes);

  // Ends the sending direction.
  void finish_sending();

  // Exactly `size` bytes, or what came before the peer hung up.
  std::string receive(std::size_t size);

  // One frame without its size; empty if the peer hung up.
  std::string receive_frame();

  // True if the peer hangs up, with or without sending something first.
  bool closed_by_peer();

 private:
  int socket_ = -1;
};

// A frame: the size, then `body`.
std::string framed(std::string_view body);

}  // namespace ottla::integration
