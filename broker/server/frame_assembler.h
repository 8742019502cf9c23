#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "base/time.h"
#include "broker/handlers/byte_budget.h"
#include "ottla/result.h"
#include "ottla/security_config.h"

namespace ottla::broker {

// One request as it came, without its size prefix, and what it costs the loop's budget.
struct Frame {
  base::SharedBuffer bytes;
  ByteBudget::Charge charge;
  base::TimePoint received = {};  // set by who takes it
};

// Cuts what a connection sends into frames (int32 size, then as many bytes). Holds memory only for
// a frame that has begun. A frame's memory, and with it its charge, grows with the bytes that
// arrive, so that a large frame costs its sender as much as it costs the broker.
class FrameAssembler {
 public:
  // `protocol` is the listener's, which is named to who speaks another.
  FrameAssembler(std::size_t largest_frame, ByteBudget& budget,
                 SecurityProtocol protocol = SecurityProtocol::plaintext)
      : largest_frame_(largest_frame), protocol_(protocol), budget_(budget) {}

  // For the frames that begin from now on. `why` names the limit to who exceeds it.
  void set_limit(std::size_t largest_frame, std::string_view why) {
    largest_frame_ = largest_frame;
    why_ = why;
  }

  enum class State {
    frame,       // `take()` has a whole frame
    need_bytes,  // give more
    need_room,   // the budget is spent: wait for it, then call `feed` again
  };

  // Consumes bytes from the front of `input` until a frame is whole, the input is used up or room
  // is missing. An error means that the peer does not speak Kafka's protocol.
  Result<State> feed(BytesView& input);

  // Where further bytes of a begun frame may be stored directly; empty if no frame is under way, or
  // if it wants more room than the budget has now.
  std::span<char> tail();

  // `count` bytes were stored in `tail()`.
  State stored(std::size_t count);

  // The whole frame; the reader begins the next one.
  Frame take();

  // Whether a frame has begun and is not whole.
  bool under_way() const { return under_way_; }
  // Of the frame that has begun, or waits for room.
  std::size_t frame_size() const { return size_; }

 private:
  // `arrived`: how many bytes there are behind the prefix.
  Result<State> begin_frame(std::size_t arrived);
  State progress() const;
  bool ensure_room();

  std::size_t largest_frame_;
  const SecurityProtocol protocol_;
  std::string_view why_ = "socket.request.max.bytes";  // of static storage
  ByteBudget& budget_;
  std::array<char, 4> prefix_{};
  std::size_t prefix_filled_ = 0;
  std::size_t size_ = 0;    // of the frame under way, once its prefix is complete
  std::size_t filled_ = 0;  // of it
  bool under_way_ = false;
  Frame frame_;
};

}  // namespace ottla::broker
