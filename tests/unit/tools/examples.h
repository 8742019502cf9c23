#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "base/file.h"

// The examples of docs/storage-format.md: together a small data directory.
namespace ottla::tools {

using Files = std::map<std::string, std::string>;  // path below the root -> bytes

inline std::string bytes_of_hex(const std::string& line) {
  std::string bytes;
  std::string digits;
  for (const char c : line.substr(0, line.find('#'))) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    bytes += static_cast<char>(std::stoi(digits, nullptr, 16));
    digits.clear();
  }
  EXPECT_TRUE(digits.empty()) << line;
  return bytes;
}

// Blocks that begin with ```hex NAME or ```text NAME, by name.
inline Files read_examples() {
  std::ifstream document(OTTLA_SOURCE_DIR "/docs/storage-format.md");
  Files files;
  std::string name;
  bool hex = false;
  for (std::string line; std::getline(document, line);) {
    if (line.rfind("```", 0) != 0) {
      if (!name.empty()) files[name] += hex ? bytes_of_hex(line) : line + "\n";
      continue;
    }
    hex = line.rfind("```hex ", 0) == 0;
    const auto space = line.find(' ');
    name = space == std::string::npos ? "" : line.substr(space + 1);
    if (!name.empty() && name.find(' ') == std::string::npos) files[name];
  }
  return files;
}

inline std::shared_ptr<base::Directory> directory_of(const Files& files) {
  std::shared_ptr<base::Directory> root = base::make_memory_directory();
  for (const auto& [path, bytes] : files) {
    const auto slash = path.find('/');
    auto directory = root;
    if (slash != std::string::npos)
      directory = root->create_directory(path.substr(0, slash)).value();
    auto file = directory->open(path.substr(slash + 1), base::OpenMode::create_new).value();
    EXPECT_TRUE(file->write_at(0, bytes));
  }
  return root;
}

}  // namespace ottla::tools
