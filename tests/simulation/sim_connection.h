#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/transport.h"
#include "tests/simulation/sim_network.h"

namespace ottla::simulation {

// The two ends of a connection and what is under way between them. Side 0 connected, side 1
// accepted. Kept by the network's hosts until both ends are closed.
class SimConnection : public std::enable_shared_from_this<SimConnection> {
 public:
  struct Place {
    SimHost* host;
    std::shared_ptr<SimQueue> queue;
    base::Endpoint address;
  };
  SimConnection(SimNetwork& network, Place connecting, Place accepting);
  ~SimConnection();

  // The owner's handle to one side; destroying it closes that side.
  std::unique_ptr<base::Stream> make_stream(int side);

  void start(int side, base::StreamHandler& handler);
  std::size_t read(int side, std::span<char> into);
  void write(int side, std::vector<base::Segment> segments);
  std::size_t queued_bytes(int side) const { return pipes_[index(side)].queued; }
  void set_paused(int side, bool paused);
  const base::Endpoint& address(int side) const { return ends_[index(side)].place.address; }

  // What the kernel does when a socket is closed: a peer that gets all that was sent hears the end
  // of it; one whose own words were not read hears a reset, and may lose what was under way.
  void close(int side);

  // The connection breaks in the network.
  void reset();

  // The machine of this side lost power.
  void fall_silent(int side);

  SimHost* host(int side) const { return ends_[index(side)].place.host; }

 private:
  enum class PieceKind : std::uint8_t { data, end, reset };
  struct Piece {
    PieceKind kind = PieceKind::data;
    base::Slice bytes;
    TimePoint arrives{};
  };
  // From side i to the other one.
  struct Pipe {
    std::deque<base::Segment> segments;  // queued by the writer
    std::size_t queued = 0;
    std::size_t window = 0;
    std::size_t outstanding = 0;     // under way or not yet read
    std::size_t unacknowledged = 0;  // read, but the writer cannot hear of it
    std::deque<Piece> pieces;        // under way
    TimePoint last_arrival{};
    bool arrival_scheduled = false;
    bool held = false;
    std::uint64_t holds = 0;
    bool pump_scheduled = false;
    std::deque<base::Slice> received;  // arrived, not yet read
    bool ended = false;                // after `received` nothing follows
  };
  struct End {
    Place place;
    base::StreamHandler* handler = nullptr;
    bool open = true;
    bool paused = false;
    bool drained = false;
    bool turn_posted = false;
    std::optional<Error> fault;
  };

  static std::size_t index(int side) { return static_cast<std::size_t>(side); }
  static int other(int side) { return 1 - side; }

  void pump(int side);
  void pump_later(int side, Duration delay);
  Result<void> gather(Pipe& pipe, std::size_t room, std::string& flight);
  Result<std::size_t> gather_some(base::Segment& segment, std::size_t room, std::string& flight);
  void launch(int side, std::string flight);
  void add_piece(int side, PieceKind kind, base::Slice bytes);
  void schedule_arrival(int side);
  void on_arrival(int side);
  void hold(int side);
  void arrive(int side, Piece piece);
  void lose_some(Pipe& pipe);
  void refuse_data(int from);
  void fail(int side, Error error);
  void notify(int side);
  void turn(int side);
  void deliver(int side);
  Error hang_up(int side) const;

  SimNetwork& network_;
  std::array<End, 2> ends_;
  std::array<Pipe, 2> pipes_;
  bool broken_ = false;
};

}  // namespace ottla::simulation
