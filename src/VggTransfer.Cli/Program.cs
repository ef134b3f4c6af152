Console.WriteLine("vggtransfer");
