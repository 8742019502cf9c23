#include <filesystem>
#include <string>

#include "base/random.h"
#include "tests/unit/base/net/stream_test_base.h"
#include "tests/unit/base/net/stubborn_file.h"

namespace ottla::base {
namespace {

std::string noise(std::size_t size) {
  Random random(size);
  std::string bytes;
  bytes.reserve(size + 8);
  while (bytes.size() < size) {
    const auto word = random.next();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  bytes.resize(size);
  return bytes;
}

class FileRangeTest : public StreamTest {
 protected:
  FileRangeTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "ottla-range-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
    posix_ = open_posix_directory(path_).value();
  }
  ~FileRangeTest() override {
    here([&] { drop_all(); });
    std::filesystem::remove_all(path_);
  }

  std::shared_ptr<File> file(Directory& directory, BytesView bytes) {
    auto made = directory.open("0.log", OpenMode::create_truncate).value();
    made->write_at(0, bytes).value();
    return made;
  }
  std::shared_ptr<File> disk_file(BytesView bytes) { return file(*posix_, bytes); }
  std::shared_ptr<File> memory_file(BytesView bytes) { return file(*memory_, bytes); }

  // What a peer with a small window gets of the segments.
  std::string received(std::function<std::vector<Segment>()> segments, std::size_t count) {
    prepare = [&, segments](TestHandler& handler) { handler.stream->write(segments()); };
    RawPeer peer;
    peer.shrink_receive_buffer();
    peer.connect(server());
    return peer.receive(count);
  }

  // How a connection ends on which the range is written.
  Error ending(FileRange range, std::string& peer_got, bool paused = false) {
    Awaited<Error> closed;
    prepare = [&](TestHandler& handler) {
      handler.closed = [&](const Error& error) { closed.set(error); };
      if (paused) handler.stream->pause_reading();
      std::vector<Segment> segments;
      segments.emplace_back(Slice::own("head"));
      segments.emplace_back(range);
      segments.emplace_back(Slice::own("tail"));
      handler.stream->write(std::move(segments));
    };
    RawPeer peer(server());
    peer_got = peer.receive_to_the_end();
    peer.close();
    auto error = closed.get();
    prepare = [](TestHandler&) {};
    return error;
  }

 private:
  std::string path_;
  std::unique_ptr<Directory> posix_;
  std::unique_ptr<Directory> memory_ = make_memory_directory();
};

TEST_F(FileRangeTest, ranges_larger_than_the_socket_buffers_arrive_whole_between_bytes) {
  const auto bytes = noise(9 << 20);
  for (const auto& source : {disk_file(bytes), memory_file(bytes)}) {
    const auto segments = [&] {
      std::vector<Segment> all;
      all.emplace_back(Slice::own("head"));
      all.emplace_back(FileRange{source, 1, bytes.size() - 1});
      all.emplace_back(Slice::own("middle"));
      all.emplace_back(FileRange{source, 5, 100'000});
      all.emplace_back(FileRange{source, 0, 0});
      all.emplace_back(FileRange{source, 7, 200'000});
      all.emplace_back(Slice::own("tail"));
      return all;
    };
    const auto expected = "head" + bytes.substr(1) + "middle" + bytes.substr(5, 100'000) +
                          bytes.substr(7, 200'000) + "tail";
    EXPECT_TRUE(received(segments, expected.size()) == expected) << source->path();
  }
  hang_up();
}

TEST_F(FileRangeTest, many_small_ranges_and_bytes_keep_their_order) {
  const auto bytes = noise(1 << 20);
  for (const auto& source : {disk_file(bytes), memory_file(bytes)}) {
    Random random(3);
    std::vector<Segment> all;
    std::string expected;
    for (int i = 0; i < 1500; ++i) {
      const auto position = random.below(bytes.size() - 40'000);
      const auto length = random.one_in(50) ? 40'000 : static_cast<std::size_t>(random.below(3000));
      if (random.one_in(2)) {
        all.emplace_back(FileRange{source, position, length});
      } else {
        all.emplace_back(Slice::own(bytes.substr(position, length)));
      }
      expected += bytes.substr(position, length);
    }
    EXPECT_TRUE(received([&] { return all; }, expected.size()) == expected) << source->path();
  }
  hang_up();
}

TEST_F(FileRangeTest, cold_ranges_are_read_by_a_worker_in_their_order) {
  const auto bytes = noise(1 << 20);
  for (const bool has_descriptor : {false, true}) {
    const auto cold = std::make_shared<StubbornFile>(disk_file(bytes), has_descriptor);
    cold->before_cold_read = [&] { EXPECT_FALSE(loop().on_loop_thread()); };
    const auto segments = [&] {
      std::vector<Segment> all;
      all.emplace_back(Slice::own("head"));
      all.emplace_back(FileRange{cold, 3, 1000});
      all.emplace_back(Slice::own("middle"));
      all.emplace_back(FileRange{cold, 0, bytes.size()});
      all.emplace_back(Slice::own("tail"));
      return all;
    };
    const auto expected = "head" + bytes.substr(3, 1000) + "middle" + bytes + "tail";
    EXPECT_TRUE(received(segments, expected.size()) == expected) << has_descriptor;
    EXPECT_GE(cold->cold_reads, 5);
  }
  hang_up();
}

TEST_F(FileRangeTest, writes_made_during_a_cold_read_wait_behind_it) {
  const auto cold = std::make_shared<StubbornFile>(memory_file("cold"), false);
  Event go_on;
  cold->before_cold_read = [&] { go_on.get(); };
  prepare = [&](TestHandler& handler) {
    handler.write(FileRange{cold, 0, 4});
    handler.write(Slice::own(" then warm"));
    EXPECT_EQ(handler.stream->queued_bytes(), 14u);
  };
  RawPeer peer(server());
  auto* handler = accepted();
  here([&] { EXPECT_EQ(handler->drained_calls, 0); });
  go_on.set({});
  EXPECT_EQ(peer.receive(14), "cold then warm");
  hang_up();
}

TEST_F(FileRangeTest, a_file_shorter_than_its_range_ends_the_connection) {
  const auto bytes = noise(300'000);
  const auto disk = disk_file(bytes);
  const auto cold = std::make_shared<StubbornFile>(disk, false);
  for (const auto& source :
       {std::shared_ptr<File>(disk), memory_file(bytes), std::shared_ptr<File>(cold)}) {
    for (const std::size_t length : {10'000U, 100'000U, 400'000U}) {
      for (const bool paused : {false, true}) {
        std::string got;
        const auto error = ending({source, bytes.size() - 5'000, length}, got, paused);
        EXPECT_EQ(error.code(), ErrorCode::io_error);
        EXPECT_EQ(error.context().file, source->path());
        EXPECT_EQ(got.substr(0, 4), "head");
        EXPECT_LE(got.size(), 4u + 5'000u);
        EXPECT_EQ(got.find("tail"), std::string::npos);
      }
    }
  }
  hang_up();
}

TEST_F(FileRangeTest, a_file_cut_while_it_is_sent_ends_the_connection) {
  const auto source = disk_file(noise(20 << 20));
  Awaited<Error> closed;
  prepare = [&](TestHandler& handler) {
    handler.closed = [&](const Error& error) { closed.set(error); };
    handler.write(FileRange{source, 0, 20 << 20});
    EXPECT_GT(handler.stream->queued_bytes(), 0u);
    source->truncate(10 << 20).value();
  };
  RawPeer peer;
  peer.shrink_receive_buffer();
  peer.connect(server());
  EXPECT_EQ(peer.receive_to_the_end().size(), std::size_t{10} << 20);
  EXPECT_EQ(closed.get().code(), ErrorCode::io_error);
  hang_up();
}

TEST_F(FileRangeTest, a_file_that_cannot_be_read_ends_the_connection) {
  const auto cold = std::make_shared<StubbornFile>(memory_file(noise(1000)), false);
  cold->broken = true;
  std::string got;
  const auto error = ending({cold, 0, 1000}, got);
  EXPECT_EQ(error.code(), ErrorCode::io_error);
  EXPECT_EQ(error.message(), "the disk is broken");
  EXPECT_EQ(got, "head");
  hang_up();
}

TEST_F(FileRangeTest, requests_before_a_failed_file_are_still_delivered) {
  const auto short_one = memory_file("short");
  Awaited<std::string> closed;
  prepare = [&](TestHandler& handler) {
    handler.readable = [&] {
      if (handler.received.empty()) handler.write(FileRange{short_one, 0, 10});
      char bytes[4];
      handler.received.append(bytes, handler.stream->read(bytes));
    };
    handler.closed = [&](const Error&) { closed.set(handler.received); };
  };
  RawPeer peer(server());
  peer.send("0123456789");
  EXPECT_EQ(closed.get(), "0123456789");
  hang_up();
}

TEST_F(FileRangeTest, a_stream_may_be_destroyed_during_a_cold_read) {
  const auto cold = std::make_shared<StubbornFile>(memory_file("cold"), false);
  Event reading;
  // The worker may be in it for a while after the test is over.
  const auto go_on = std::make_shared<Event>();
  cold->before_cold_read = [&reading, go_on] {
    reading.set({});
    go_on->get();
  };
  prepare = [&](TestHandler& handler) { handler.write(FileRange{cold, 0, 4}); };
  RawPeer peer(server());
  auto* handler = accepted();
  reading.get();
  here([&] { handler->stream.reset(); });
  go_on->set({});
  EXPECT_EQ(peer.receive_to_the_end(), "");
  hang_up();
}

TEST_F(FileRangeTest, sendfile_to_who_went_away_is_no_signal) {
  const auto source = disk_file(noise(1 << 20));
  Awaited<Error> closed;
  prepare = [&](TestHandler& handler) {
    handler.stream->pause_reading();
    handler.drained = [&] { handler.write(FileRange{source, 0, 1 << 20}); };
    handler.closed = [&](const Error& error) { closed.set(error); };
    handler.write(Slice::own("first"));
  };
  RawPeer peer(server());
  EXPECT_EQ(peer.receive(5), "first");
  peer.reset();
  EXPECT_EQ(closed.get().code(), ErrorCode::connection_closed);
  hang_up();
}

}  // namespace
}  // namespace ottla::base
