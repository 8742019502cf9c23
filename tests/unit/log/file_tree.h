#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "base/file.h"

namespace ottla::broker {

// The files of a directory and of those in it: path below the root -> bytes.
using FileTree = std::map<std::string, std::string>;

// A directory in memory that holds them.
inline std::shared_ptr<base::Directory> write_tree(const FileTree& tree) {
  std::shared_ptr<base::Directory> root = base::make_memory_directory();
  for (const auto& [path, bytes] : tree) {
    const auto slash = path.find('/');
    std::shared_ptr<base::Directory> at = root;
    if (slash != std::string::npos) at = root->create_directory(path.substr(0, slash)).value();
    auto file = at->open(path.substr(slash + 1), base::OpenMode::create).value();
    EXPECT_TRUE(file->write_at(0, bytes));
  }
  return root;
}

}  // namespace ottla::broker
