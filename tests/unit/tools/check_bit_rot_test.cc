#include <gtest/gtest.h>

#include <iostream>
#include <set>

#include "tests/unit/tools/examples.h"
#include "tools/offline/check.h"

// Every byte of every file of a small directory is changed, the metadata's and the transaction
// index among them, and every file is cut at every length: `ottla check-log` finds it, or the file
// is in the table of those whose format leaves something that nothing else contradicts.
namespace ottla::tools {
namespace {

const std::map<std::string, std::string> kUndetectable{
    {".txnindex", "where an aborted transaction begins, and the last stable offset behind it"},
    {"recovery-point-offset-checkpoint", "only what lies above the log's end cannot be"},
    {"replication-offset-checkpoint", "as above"},
    {"meta.properties", "the cluster's id stands nowhere else, and the node's is configured"},
    {".kafka_cleanshutdown", "that it is there is what counts"},
    {"quorum-state", "only an epoch below that of the log cannot be"},
};

// Sparse: a shorter one may be right.
const std::set<std::string> kMayBeShorter{".index"};

std::string kind_of(const std::string& path) {
  const auto name = path.substr(path.find('/') + 1);
  const auto dot = name.find('.');
  const bool of_segment = dot == 20;
  return of_segment ? name.substr(dot) : name;
}

struct Verdict {
  std::size_t detected = 0;
  std::size_t unseen = 0;
};

class CheckBitRot : public ::testing::Test {
 protected:
  bool detects(const std::string& path, std::string bytes) {
    Files changed = files_;
    changed[path] = std::move(bytes);
    const auto report = check_data_directory(directory_of(changed));
    EXPECT_TRUE(report) << report.error();
    return !report || !report->defects.empty();
  }

  void note(const std::string& path, const std::string& what, bool detected, bool may_be_unseen) {
    auto& verdict = verdicts_[kind_of(path)];
    ++(detected ? verdict.detected : verdict.unseen);
    if (!detected) {
      EXPECT_TRUE(may_be_unseen) << path << ", " << what << ": not found";
    }
  }

  void print() const {
    for (const auto& [kind, verdict] : verdicts_) {
      const auto why = kUndetectable.find(kind);
      std::cout << "  found " << verdict.detected << ", unseen " << verdict.unseen << "  " << kind
                << (why == kUndetectable.end() ? "" : ": " + why->second) << '\n';
    }
  }

  const Files files_ = read_examples();
  std::map<std::string, Verdict> verdicts_;
};

TEST_F(CheckBitRot, of_one_bit_of_any_byte_is_found_or_in_the_table) {
  for (const auto& [path, bytes] : files_) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      auto changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ (1 << (at * 5 % 8)));
      note(path, "byte " + std::to_string(at), detects(path, std::move(changed)),
           kUndetectable.count(kind_of(path)) != 0);
    }
  }
  print();
}

TEST_F(CheckBitRot, files_that_are_cut_are_found_or_may_be_shorter) {
  for (const auto& [path, bytes] : files_) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto kind = kind_of(path);
      // Without the last end of a line a text says the same.
      const bool last_newline = size + 1 == bytes.size() && bytes.back() == '\n';
      note(path, "cut at " + std::to_string(size), detects(path, bytes.substr(0, size)),
           kUndetectable.count(kind) != 0 || kMayBeShorter.count(kind) != 0 || last_newline);
    }
  }
  print();
}

}  // namespace
}  // namespace ottla::tools
