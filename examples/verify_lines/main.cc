// How do I read every partition of a topic up to its present end, and check what came?
//
//   verify_lines localhost:9092 TOPIC FILE
//
// Reads what produce_lines has sent: every line of the file must be there once, and the lines of
// each partition in their order.
#include <ottla/ottla.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace {

using Lines = std::vector<std::string>;

// What was found so far; says what is wrong with a record, if anything is.
class Checker {
 public:
  explicit Checker(Lines lines) : lines_(std::move(lines)), seen_(lines_.size(), false) {}

  std::string check(const ottla::RecordView& record) {
    const auto number = std::strtoull(std::string(record.key()).c_str(), nullptr, 10);
    if (number == 0 || number > lines_.size()) return "a key that is no line number";
    if (record.value() != lines_[number - 1]) return "a value that is not the line's";
    if (seen_[number - 1]) return "a line for the second time";
    if (number <= last_in_partition_[record.partition()]) return "a line out of order";
    seen_[number - 1] = true;
    last_in_partition_[record.partition()] = number;
    ++count_;
    return {};
  }

  bool complete() const { return count_ == lines_.size(); }
  std::uint64_t count() const { return count_; }
  std::uint64_t expected() const { return lines_.size(); }

 private:
  Lines lines_;
  std::vector<bool> seen_;
  std::map<std::int32_t, std::uint64_t> last_in_partition_;
  std::uint64_t count_ = 0;
};

Lines read_lines(std::istream& file) {
  Lines lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// The partitions of the topic, assigned from their beginning; how many records there are in all.
ottla::Result<std::int64_t> assign_all(ottla::Consumer& consumer, const std::string& topic) {
  auto infos = consumer.partitions_for(topic).get();
  if (!infos) return infos.error();
  std::vector<ottla::TopicPartition> partitions;
  for (const auto& info : *infos) partitions.push_back({topic, info.partition});
  if (auto assigned = consumer.assign(partitions); !assigned) return assigned.error();
  auto ends = consumer.end_offsets(partitions).get();
  if (!ends) return ends.error();
  std::int64_t total = 0;
  for (const auto& [partition, end] : *ends) total += end;
  return total;
}

int read_and_check(ottla::Consumer& consumer, const std::string& topic, Checker& checker) {
  auto left = assign_all(consumer, topic);
  if (!left) {
    std::cerr << left.error() << '\n';
    return 1;
  }
  while (*left > 0) {
    auto batch = consumer.poll(std::chrono::seconds(30));
    if (!batch) {
      std::cerr << batch.error() << '\n';
      return 1;
    }
    if (batch->empty()) {
      std::cerr << "no record came for 30 s; " << *left << " are missing\n";
      return 1;
    }
    for (const auto& record : *batch) {
      const auto wrong = checker.check(record);
      if (wrong.empty()) continue;
      std::cerr << record.topic() << '-' << record.partition() << '@' << record.offset() << " is "
                << wrong << '\n';
      return 1;
    }
    *left -= static_cast<std::int64_t>(batch->size());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: verify_lines BOOTSTRAP_SERVERS TOPIC FILE\n";
    return 2;
  }
  std::ifstream file(argv[3]);
  Checker checker(read_lines(file));
  auto consumer = ottla::Consumer::open({
      .bootstrap_servers = argv[1],
      .auto_offset_reset = ottla::AutoOffsetReset::earliest,
  });
  if (!consumer) {
    std::cerr << consumer.error() << '\n';
    return 1;
  }
  if (const int code = read_and_check(*consumer, argv[2], checker); code != 0) return code;
  if (!checker.complete()) {
    std::cerr << "only " << checker.count() << " of " << checker.expected() << " lines are there\n";
    return 1;
  }
  std::cout << "read " << checker.count() << " lines back: all there, each once, in order\n";
}
